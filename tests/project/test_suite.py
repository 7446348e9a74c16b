from __future__ import annotations

from tests.support import suite

REPORT = '<testsuites><testsuite tests="9" failures="1" errors="2" skipped="3" /></testsuites>'


def test_errors_are_failures_and_skips_are_told_apart(tmp_path):
    (tmp_path / "report.xml").write_text(REPORT)
    assert suite.counted(tmp_path / "report.xml") == {"passed": 3, "failed": 3, "skipped": 3}


def test_a_run_without_a_report_has_failed(tmp_path):
    assert suite.counted(tmp_path / "report.xml") == {"failed": 1}


def test_an_unknown_pass_is_refused(capsys):
    assert suite.main(["sqlte"]) == 2
    assert "Unknown pass sqlte: use sqlite, postgres, mariadb, browser." in capsys.readouterr().out
