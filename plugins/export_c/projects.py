"""What builds the exported folder: Makefile, CMake, the form of an Arduino library."""

from collections.abc import Iterator, Sequence

from studio.api import STUDIO_VERSION, ExportJob, c_comment, c_identifier

from .templates import fill, text


def project_files(job: ExportJob, files: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield the build files by their names; `files` are all others."""
    yield "Makefile", makefile(job)
    yield "CMakeLists.txt", cmake(job, files)
    if job.golden:
        flags = " ".join(job.target.core.gcc_flags)
        yield (
            "kit/arm-none-eabi.cmake",
            fill("arm-none-eabi.cmake", target=c_comment(job.target.name), core=c_comment(job.target.core.name), flags=flags),
        )
    yield "library.properties", _library(job)
    sketch = sketch_name(job)
    yield f"examples/{sketch}/{sketch}.ino", text(f"{sketch}.ino")


def sketch_name(job: ExportJob) -> str:
    """Return the name of the Arduino example."""
    return "KeywordSpotting" if job.frontend_tables else "RunModel"


def _library(job: ExportJob) -> str:
    name = f"model_{c_identifier(job.name)}"[:63].rstrip("_")
    sentence = f"The neural network {c_comment(job.name)} as C."
    return fill("library.properties", library=name, sentence=sentence, version=STUDIO_VERSION, digest=job.network.digest())


_SELFTEST_RULES = """
test: build/selftest
	./build/selftest

build/selftest: $(MODEL) $(HEADERS) $(wildcard selftest/*.c)
	@mkdir -p build
	$(CC) $(CFLAGS) -Isrc -o $@ $(MODEL) $(wildcard selftest/*.c)
"""
_DEMO_RULES = """
build/demo: $(MODEL) $(HEADERS) $(wildcard demo/*.c)
	@mkdir -p build
	$(CC) $(CFLAGS) -Isrc -o $@ $(MODEL) $(wildcard demo/*.c)
"""
_LIBRARY_RULES = """
build/model.o: $(MODEL) $(HEADERS)
	@mkdir -p build
	$(CC) $(CFLAGS) -Isrc -r -nostdlib -o $@ $(MODEL)
"""
_KIT_RULES = """
# The self-test as a program for {target}; it answers through the debugger's console (semihosting).
KIT_CC ?= arm-none-eabi-gcc
KIT_CPU := {flags}
KIT_CFLAGS := $(KIT_CPU) -std=c11 -O2 -Wall -Wextra -ffreestanding -fomit-frame-pointer -ffunction-sections -fdata-sections
KIT_SOURCES := $(MODEL) selftest/golden.c selftest/selftest.c $(wildcard kit/*.c)

kit: build/selftest.elf

build/selftest.elf: $(KIT_SOURCES) $(HEADERS) kit/kit.ld
	@mkdir -p build
	$(KIT_CC) $(KIT_CFLAGS) -Isrc -Iselftest -nostdlib -g -T kit/kit.ld -Wl,--gc-sections -o $@ $(KIT_SOURCES) -lc -lgcc
"""


def makefile(job: ExportJob) -> str:
    """Write the Makefile."""
    host = (_SELFTEST_RULES if job.golden else "") + (_DEMO_RULES if job.frontend_tables else "")
    kit = _KIT_RULES.format(target=c_comment(job.target.name), flags=" ".join(job.target.core.gcc_flags)) if job.golden else ""
    programs = [*(["build/selftest"] if job.golden else []), *(["build/demo"] if job.frontend_tables else [])]
    goals = [f"`make kit` for {c_comment(job.target.name)}"] if job.golden else []
    return fill(
        "Makefile",
        make_goals="; " + "; ".join(goals) + "." if goals else ".",
        all=" ".join(programs or ["build/model.o"]),
        host_rules=host or _LIBRARY_RULES,
        kit_rules=kit,
        phony="test kit" if job.golden else "",
    )


_CMAKE_KIT = """
if(NOT CMAKE_SOURCE_DIR STREQUAL CMAKE_CURRENT_SOURCE_DIR)
  return() # part of another project, which wants the model only
endif()

if(CMAKE_SYSTEM_NAME STREQUAL "Generic")
  add_executable(selftest.elf kit/main.c kit/semihosting.c kit/startup.c selftest/golden.c selftest/selftest.c)
  target_include_directories(selftest.elf PRIVATE selftest)
  target_compile_options(selftest.elf PRIVATE -ffreestanding -fomit-frame-pointer -ffunction-sections -fdata-sections)
  target_link_options(selftest.elf PRIVATE -nostdlib -g -T ${CMAKE_CURRENT_SOURCE_DIR}/kit/kit.ld -Wl,--gc-sections)
  target_link_libraries(selftest.elf PRIVATE model c gcc)
else()
  add_executable(selftest selftest/main.c selftest/golden.c selftest/selftest.c)
  target_link_libraries(selftest PRIVATE model)
  enable_testing()
  add_test(NAME selftest COMMAND selftest)
endif()
"""
_CMAKE_DEMO = """
if(CMAKE_SOURCE_DIR STREQUAL CMAKE_CURRENT_SOURCE_DIR AND NOT CMAKE_SYSTEM_NAME STREQUAL "Generic")
  add_executable(demo demo/main.c demo/wav.c)
  target_link_libraries(demo PRIVATE model)
endif()
"""
_CROSS_WORDS = """
# For {target}:  cmake -B build-kit -DCMAKE_TOOLCHAIN_FILE=kit/arm-none-eabi.cmake && cmake --build build-kit"""


def cmake(job: ExportJob, files: Sequence[str]) -> str:
    """Write CMakeLists.txt."""
    sources = "\n  ".join(f for f in files if f.startswith("src/") and f.endswith(".c"))
    programs = (_CMAKE_KIT if job.golden else "") + (_CMAKE_DEMO if job.frontend_tables else "")
    return fill(
        "CMakeLists.txt",
        project=c_identifier(job.name),
        sources=sources,
        programs=programs,
        cross_words=_CROSS_WORDS.format(target=c_comment(job.target.name)) if job.golden else "",
    )
