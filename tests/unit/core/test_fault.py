from studio.core.fault import describe_fault, locate


def test_faults_in_words():
    assert describe_fault(1 << 9 | 1 << 15, 1 << 30, bfar=0x3000_0000) == "hard fault: bus error at 0x30000000"
    assert describe_fault(1 << 1 | 1 << 7, mmfar=4) == "hard fault: memory protection: access to 0x00000004"
    assert describe_fault(1 << 9) == "hard fault: bus error at an unknown address"
    assert describe_fault(1 << 16 | 1 << 25) == "hard fault: undefined instruction, division by zero"
    assert describe_fault(0, 2) == "hard fault: bus error reading the vector table"
    assert describe_fault(0) == "hard fault"


def test_addresses_are_named_by_the_symbol_before_them():
    symbols = {"__bss_end": 0x2000_0000, "main": 0x100, "run": 0x140}
    assert locate(symbols, 0x100) == "main"
    assert locate(symbols, 0x152) == "run+0x12"
    assert locate(symbols, 0x50) == "0x00000050"
    assert locate(symbols, 0x2000_0000) == "0x20000000"
