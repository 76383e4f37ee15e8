import pytest
from msgspec.structs import replace

from studio.boards import board
from studio.core.errors import InputError
from studio.deploy.fitting import expect
from studio.deploy.subject import load_subject, with_random_weights


def test_each_memory_that_does_not_suffice_is_named_with_the_amount(project_folder):
    subject, target = with_random_weights(load_subject(project_folder.path), 1), board("virtual-m4")
    taken = expect(subject, target)
    small = replace(
        target,
        flash=replace(target.flash, size=taken.flash.total - 3),
        ram=replace(target.ram, size=taken.ram.total + taken.stack_bytes - 2048),
    )
    with pytest.raises(InputError, match=r"flash: needs 3 B more than .*; RAM: needs 2\.0 KiB more than") as caught:
        expect(subject, small)
    assert target.id in caught.value.where
    assert "larger target" in caught.value.hint
    enough = replace(target, flash=replace(target.flash, size=taken.flash.total))
    assert expect(subject, enough).flash.total == taken.flash.total
