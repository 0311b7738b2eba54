import pytest

from keras_colorize.evaluation import format_details, format_table, summarize

INF = float("inf")


def _row(psnr, error, colorfulness, **more):
    return {"psnr": psnr, "ab_error": error, "colorfulness": colorfulness, **more}


RESULTS = {
    "one": {"grey": _row(20.0, 12.0, 0.0, acc_u=10.0), "truth": _row(INF, 0.0, 30.0)},
    "two": {"grey": _row(24.0, 8.0, 0.0, acc_u=30.0), "truth": _row(INF, 0.0, 41.0)},
    "six": {"grey": _row(31.0, 7.0, 3.0), "truth": _row(INF, 0.0, 40.0)},
}


def test_headline():
    assert format_table(summarize(RESULTS)) == (
        "| method | PSNR mean | PSNR median | ab error | colorfulness |\n"
        "| --- | --- | --- | --- | --- |\n"
        "| grey | 25.00 | 24.00 | 9.00 | 1.00 |\n"
        "| truth | inf | inf | 0.00 | 37.00 |"
    )


def test_details():
    summary = summarize(RESULTS, {"grey": {"fid[net]": 12.345, "auc_rebalanced": 60.0}})
    assert format_details(summary, 3) == (
        "| figure | grey | truth |\n"
        "| --- | --- | --- |\n"
        "| colorfulness difference, of means | 36.00 | 0.00 |\n"
        "| Acc(U), % | 20.00 | - |\n"
        "| AuC, rebalanced, % | 60.00 | - |\n"
        "| fid[net], n = 3 | 12.35 | - |"
    )


def test_without_a_truth_there_is_no_difference_of_means():
    results = {"one": {(256, 0.5): _row(20.0, 1.0, 2.0)}}
    assert summarize(results)[256, 0.5] == {
        "psnr_mean": 20.0,
        "psnr_median": 20.0,
        "ab_error": 1.0,
        "colorfulness": 2.0,
    }


def test_figures_are_averaged_over_the_pictures_that_have_them():
    assert summarize(RESULTS)["grey"]["acc_u"] == pytest.approx(20.0)
