from pathlib import Path

from sandbox.partner.journal import Delivery, Journal, read


def test_a_line_that_was_cut_short_is_forgotten(tmp_path: Path) -> None:
    path = tmp_path / "partner.jsonl"
    whole = Delivery("2026-01-01T00:00:00Z", "204", "msg-1")
    journal = Journal(path)
    journal.write(whole)
    journal.close()
    path.write_bytes(path.read_bytes() + b'{"time": "2026')
    assert list(read(path)) == [whole]
    again = Journal(path)
    assert again.times_taken("msg-1") == 1
    again.write(whole)
    again.close()
    assert list(read(path)) == [whole, whole]


def test_there_is_nothing_to_read_before_the_first_call(tmp_path: Path) -> None:
    assert list(read(tmp_path / "partner.jsonl")) == []
