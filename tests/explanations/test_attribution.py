"""Row weights against numbers worked by hand, against reading edited sequences, and against a known truth."""

from functools import cache
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
from scipy.special import expit, logit
from streamlit.testing.v1 import AppTest

from diagnosis.datasets import Dataset, load
from diagnosis.datasets.phantoms import draw
from diagnosis.explanations.attribution import AttributionMethod, Completeness, probabilities
from diagnosis.explanations.background import DRAWN, Background, background
from diagnosis.explanations.explanation import Explained, Explanation, Misfit, Result, lacks_data
from diagnosis.explanations.integrated_gradients import IntegratedGradients
from diagnosis.explanations.null_distribution import DRAWN as DRAWN_STEPS
from diagnosis.explanations.null_distribution import interval, random_steps, removal
from diagnosis.explanations.occlusion import Occlusion
from diagnosis.figures.attribution import weight_panel, weighted_picture
from diagnosis.figures.frame import Axis
from diagnosis.inference.predictor import Predictor
from diagnosis.models import store
from diagnosis.models.build import build
from diagnosis.models.config import ModelConfig, config_for
from diagnosis.sequences import PixelRows, RowEncoder
from diagnosis.sequences.pixels import standard
from diagnosis.sequences.sequence import SLICE
from tests.cards import contents
from tests.shipped import shipped

METHODS: tuple[AttributionMethod, ...] = (Occlusion(), IntegratedGradients())

# One 3 × 3 convolution over 4 × 4 pixels, of weights 1, 2 and 3 in its rows, and pooling: the place at the
# lower right wins over the other three where the case is brighter there, so on the path all is linear.
BASELINE = np.full((4, 4), 0.2, np.float32)
AWAY = np.array([[0, 0, 0, 0], [0, 0.2, 0.2, 0.2], [0, 0.4, 0, 0], [0, 0, 0, 0.8]], np.float32)


@pytest.fixture(scope="module")
def linear(tmp_path_factory: pytest.TempPathFactory) -> Predictor:
    """The logit is ½ (convolution + ½) - 1; calibrated it is half of that plus 0.1."""
    config = ModelConfig(
        variant="cnn",
        task="binary",
        classes=("no", "yes"),
        finding=1,
        encoder=RowEncoder(size=4, standardise=False),
        units=(1,),
    )
    network = build(config)
    kernel = np.repeat([1.0, 2.0, 3.0], 3).reshape(3, 3, 1, 1)
    network.set_weights([kernel, np.array([0.5]), np.array([[0.5]]), np.array([-1.0])])
    calibration = {"method": "by hand", "temperature": 2.0, "bias": [0.1]}
    card = contents(calibration=calibration, threshold=0.5)
    root = tmp_path_factory.mktemp("models")
    return Predictor(store.save("tiny/cnn", config, network, card, root=root))


@cache
def phantoms_background() -> Background:
    return background(load("phantoms"), config_for("lstm", load("phantoms").facts).encoder)


def test_integrated_gradients_of_a_linear_network_by_hand(linear: Predictor) -> None:
    """Row t's weight is its brightness above the baseline × 1, 2 or 3 × ½ × ½: 0.6, 0.8 and 2.4 quarters."""
    around = Background(BASELINE, BASELINE + np.stack([AWAY, 2 * AWAY]))
    weights = IntegratedGradients().prepare(linear, around, 1)(BASELINE + AWAY)
    expected = np.array([0, 0.15, 0.2, 0.6])
    np.testing.assert_allclose(weights.values, expected, atol=1e-5)
    # the baseline: 0.2 · 3 · (1 + 2 + 3) = 3.6, logit 1.05, calibrated 0.625
    assert weights.completeness is not None and weights.unit == "log odds"
    assert weights.completeness.start == pytest.approx(0.625, abs=1e-5)
    assert weights.completeness.end == pytest.approx(1.575, abs=1e-5)
    assert weights.completeness.residual < 1e-5
    # the random rows' weights are these and, from the case twice as bright, twice these
    lower, upper = np.percentile(np.concatenate([expected, 2 * expected]), (5, 95))
    assert (weights.lower, weights.upper) == (
        pytest.approx(lower, abs=1e-5),
        pytest.approx(upper, abs=1e-5),
    )
    against = IntegratedGradients().prepare(linear, around, 0)(BASELINE + AWAY)
    np.testing.assert_allclose(against.values, -expected, atol=1e-5)


def test_occlusion_by_hand(linear: Predictor) -> None:
    """Without row 1 the logit loses 0.15, without row 2, 0.2; without row 3 another place wins the pooling.

    Of that place, rows 0 to 2 in columns 1 to 3, it is 3.6 + 0.6 · 2 + 0.4 · 3 = 6: calibrated 1.225.
    """
    around = Background(BASELINE, BASELINE[None])
    weights = Occlusion().prepare(linear, around, 1)(BASELINE + AWAY)
    falls = expit(1.575) - expit([1.575, 1.425, 1.375, 1.225])
    np.testing.assert_allclose(weights.values, falls, atol=1e-6)
    # the training case is the mean itself: whatever row is drawn, taking it away changes nothing
    assert (weights.lower, weights.upper) == (
        pytest.approx(0, abs=1e-7),
        pytest.approx(0, abs=1e-7),
    )
    assert weights.towards.tolist() == [False, True, True, True]
    assert weights.completeness is None


@pytest.mark.parametrize(
    "name",
    [
        *("gru", "cnn"),
        *(pytest.param(name, marks=pytest.mark.long) for name in ("lstm", "bidirectional_lstm")),
    ],
)
def test_occlusion_reads_each_edited_sequence(name: str, real_data: Path) -> None:
    """Every row, and every random row of the control, once more by itself."""
    del real_data
    model, dataset = shipped(f"pneumoniamnist/{name}"), load("pneumoniamnist")
    around = background(dataset, model.config.encoder)
    (case,) = model.config.encoder.batch(dataset.images["test"][3:4])

    def read(row: int, content: np.ndarray) -> float:
        edited = case.copy()
        edited[row] = content
        return probabilities(model, edited[None], 1)[0]

    weights = Occlusion().prepare(model, around, 1)(case)
    whole = probabilities(model, case[None], 1)[0]
    without = np.array([read(row, around.mean[row]) for row in range(28)])
    np.testing.assert_allclose(weights.values, whole - without, atol=1e-5)
    places, rows = random_steps(around)
    falls = [read(place, row) - without[place] for place, row in zip(places, rows, strict=True)]
    assert interval(np.array(falls)) == pytest.approx((weights.lower, weights.upper), abs=1e-5)


@pytest.mark.parametrize(
    ("name", "most"),
    [
        *(("gru", 0.01), ("cnn", 0.15)),
        pytest.param("lstm", 0.02, marks=pytest.mark.long),
        pytest.param("bidirectional_lstm", 0.01, marks=pytest.mark.long),
    ],
)
def test_integrated_gradients_add_up_on_shipped_models(
    name: str, most: float, real_data: Path
) -> None:
    """ReLU bends the CNN's path, so its sum is the least exact; both ends are what the network says."""
    del real_data
    model, dataset = shipped(f"pneumoniamnist/{name}"), load("pneumoniamnist")
    around = background(dataset, model.config.encoder)
    weigh = IntegratedGradients().prepare(model, around, 1)
    for case in model.config.encoder.batch(dataset.images["test"][:8]):
        sum_of = weigh(case).completeness
        assert sum_of is not None and sum_of.residual < most
        ends = logit(probabilities(model, np.stack([around.mean, case]), 1))
        assert (sum_of.start, sum_of.end) == (
            pytest.approx(ends[0], abs=1e-3),
            pytest.approx(ends[1], abs=1e-3),
        )


def test_completeness_by_hand() -> None:
    sum_of = Completeness(total=2.5, start=-1.0, end=1.0)
    assert (sum_of.residual, sum_of.relative) == (0.5, 0.25)
    assert np.isnan(Completeness(0.1, 1.0, 1.0).relative)


def test_the_background_is_the_training_split_as_the_model_sees_it() -> None:
    dataset = load("phantoms")
    encoder = config_for("gru", dataset.facts).encoder
    sequences = encoder.batch(dataset.images["train"])
    around = background(dataset, encoder)
    np.testing.assert_allclose(around.mean, sequences.mean(axis=0), atol=1e-5)
    assert around.cases.shape == (DRAWN, 28, 28)
    of_the_split = {sequence.tobytes() for sequence in sequences}
    assert len({case.tobytes() for case in around.cases} & of_the_split) == DRAWN
    np.testing.assert_array_equal(around.cases, background(dataset, encoder).cases)


def test_random_rows_are_training_rows_in_their_own_places() -> None:
    around = phantoms_background()
    places, rows = random_steps(around)
    assert len(places) == len(rows) == DRAWN_STEPS
    assert np.ptp(np.bincount(places, minlength=28)) <= 1  # every place equally often
    for place, row in zip(places, rows, strict=True):
        assert (around.cases[:, place] == row).all(axis=1).any()


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.title)
def test_few_rows_of_training_cases_lie_outside_the_band(method: AttributionMethod) -> None:
    """A band holds nine in ten random rows, so of rows that nobody chose about one in ten is outside."""
    model = shipped("phantoms/gru")
    weigh = method.prepare(model, phantoms_background(), 1)
    cases = model.config.encoder.batch(load("phantoms").images["train"][:60])
    outside = np.mean([(w.towards | w.against).mean() for w in map(weigh, cases)])
    assert 0.03 < outside < 0.25
    assert all(weigh(case).lower <= 0 <= weigh(case).upper for case in cases[:5])


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.title)
def test_rows_above_the_band_hold_what_was_drawn_there(method: AttributionMethod) -> None:
    """The same phantoms with and without their opacities say which rows hold one."""
    model = shipped("phantoms/gru")
    n = 60
    opaque = draw(np.ones(n, bool), 28, np.random.default_rng(5))
    clear = draw(np.zeros(n, bool), 28, np.random.default_rng(5))
    _, divisor = standard(opaque / np.float32(255))
    holds = (np.abs(opaque.astype(float) - clear) / 255 / divisor).max(axis=2) > 0.15  # (n, rows)
    sequences = model.config.encoder.batch(opaque)
    called = probabilities(model, sequences, 1) > 0.5
    weigh = method.prepare(model, phantoms_background(), 1)
    above = np.stack([weigh(sequence).towards for sequence in sequences[called]])
    holds = holds[called]
    assert above.sum() > 30 and holds.mean() < 0.5
    assert holds[above].mean() > 0.7


def test_removal_replaces_all_rows_at_once() -> None:
    model, around = shipped("phantoms/lstm"), phantoms_background()
    cases = model.config.encoder.batch(load("phantoms").images["test"][:40])
    case = cases[probabilities(model, cases, 1).argmax()]
    rows = np.zeros(28, bool)
    rows[[9, 10, 17]] = True
    found = removal(lambda sequences: probabilities(model, sequences, 1), case, around, rows)
    assert found is not None and found.steps == 3
    edited = case.copy()
    edited[rows] = around.mean[rows]
    assert found.before == pytest.approx(probabilities(model, case[None], 1)[0], abs=1e-6)
    assert found.after == pytest.approx(probabilities(model, edited[None], 1)[0], abs=1e-6)
    # each is what it is named for: these three lie in the lungs, where random rows often do not
    sets = [np.random.default_rng(seed).permutation(28)[:3] for seed in range(200)]
    chance = np.stack(
        [np.where(np.isin(np.arange(28), chosen)[:, None], around.mean, case) for chosen in sets]
    )
    lower, upper = np.percentile(probabilities(model, chance, 1), (5, 95))
    assert (found.lower, found.upper) == (
        pytest.approx(lower, abs=0.05),
        pytest.approx(upper, abs=0.05),
    )


def test_removal_of_nothing_and_of_everything_is_no_comparison() -> None:
    case = np.ones((6, 2), np.float32)
    around = Background(0 * case, case[None])
    for rows in (np.zeros(6, bool), np.ones(6, bool)):
        assert removal(lambda x: x.mean(axis=(1, 2)), case, around, rows) is None
    # the sum of a case of ones falls by the rows removed, whichever they are: chance does as well
    found = removal(lambda x: x.mean(axis=(1, 2)), case, around, np.arange(6) < 2)
    assert found is not None and not found.falls and not found.rises
    assert (found.before, found.after) == (1, pytest.approx(4 / 6))


def test_removal_of_the_one_row_that_counts_is_beyond_chance() -> None:
    """Of 40 rows one counts; a random row is that one in 2.5 % of draws, fewer than the 5 % left out."""
    case = np.ones((40, 2), np.float32)
    around = Background(0 * case, case[None])
    rows = np.arange(40) == 2
    found = removal(lambda x: x[:, 2].mean(axis=1), case, around, rows)
    assert found is not None and found.falls and not found.rises
    assert (found.before, found.after, found.lower, found.upper) == (1, 0, 1, 1)
    found = removal(lambda x: 1 - x[:, 2].mean(axis=1), case, around, rows)
    assert found is not None and found.rises and not found.falls


def test_removal_from_a_record_draws_random_events_and_no_padding() -> None:
    """All events count alike, so a random one does as well; half of the steps are padding."""
    case = np.repeat(np.arange(12) < 6, 2).reshape(12, 2).astype(np.float32)
    around = Background(0 * case, case[None], events=True)
    found = removal(lambda x: x[..., 0].sum(axis=1) / 6, case, around, np.arange(12) < 2)
    assert found is not None and not found.falls
    assert found.after == found.lower == found.upper == pytest.approx(4 / 6)
    assert removal(lambda x: x[..., 0].sum(axis=1), case, around, np.arange(12) < 6) is None


def test_an_explanation_has_a_title_and_a_caption() -> None:
    class Abstract(Explanation):
        """Not to be shown itself: it needs no words."""

    del Abstract
    for words in (
        {},
        {"title": "Rows"},
        {"title": "Rows", "caption": "  "},
        {"caption": "Limits."},
    ):
        with pytest.raises(TypeError, match=r"needs a (title|caption)"):
            type("Wordless", (Occlusion,), {"title": None, "caption": None, **words})

    for method in METHODS:
        said = method.caption_for(SLICE)
        assert "slice" in said and "row" not in said and "{" not in said

    class Worded(Explanation):
        title: ClassVar[str] = "Rows"
        caption: ClassVar[str] = "It cannot say why."

        def misfit(self, config: ModelConfig, dataset: Dataset | None) -> Misfit | None:
            return None

        def run(self, subject: Explained) -> Result:
            raise NotImplementedError

    assert Worded().caption


def test_without_the_training_cases_it_is_not_offered() -> None:
    dataset = load("phantoms")
    for method in METHODS:
        assert method.misfit(config_for("cnn", dataset.facts), dataset) is None
        reason = method.misfit(config_for("gru", dataset.facts), None)
        assert reason is not None and reason.code == "no_data"
        reason = method.misfit(config_for("gru", dataset.facts, size=64), dataset)
        assert reason is not None and reason.code == "other_shape" and reason.of_data


@pytest.mark.parametrize("section", ["attribution", "neighbours"])
def test_a_section_without_its_data_says_so_and_nothing_else(section: str) -> None:
    def script(section: str) -> None:
        from importlib import import_module
        from typing import Any, cast

        from diagnosis.dashboard.gates.context import Subject
        from diagnosis.inference.predictor import Predictor
        from diagnosis.models import store

        version = store.find("phantoms/gru")
        missing: Any = None  # neither reading nor case is looked at
        subject = Subject(version, Predictor(version), missing, missing, None, "light")
        cast(Any, import_module(f"diagnosis.dashboard.gates.{section}")).draw(subject)

    page = AppTest.from_function(script, args=(section,), default_timeout=60).run()
    assert not page.exception
    misfit = lacks_data(store.find("phantoms/gru").config, None)
    assert misfit is not None
    assert [info.value for info in page.info] == [misfit.sentence]
    assert len(page.main.children) == 1


def test_figures_carry_their_caption_and_line_up() -> None:
    weights = IntegratedGradients().prepare(shipped("phantoms/gru"), phantoms_background(), 1)(
        RowEncoder().batch(load("phantoms").images["test"][:1])[0]
    )
    axis = Axis()
    bars = weight_panel(
        weights.values, axis, lower=weights.lower, upper=weights.upper, title="rows", unit="log odds",
        theme="light", caption="Limits.", least=weights.least,
    )  # fmt: skip
    picture = PixelRows(load("phantoms").images["test"][0][..., None])
    overlaid, grey = (
        weighted_picture(
            picture, weights.values, axis, title="picture", opacity=0.4, caption="Limits.", reach=9.0,
            beyond_chance=beyond,
        )
        for beyond in (True, False)
    )  # fmt: skip
    for figure in (bars, overlaid):
        assert figure.layout.meta["caption"] == "Limits."
        assert tuple(figure.layout.yaxis.range) == (28.5, 0.5)
        assert figure.layout.height == bars.layout.height
    np.testing.assert_allclose(
        np.concatenate([bar.x for bar in bars.data]).sum(), weights.values.sum()
    )
    assert (overlaid.data[-1].opacity, overlaid.data[-1].zmax) == (0.4, 9.0)
    for figure, colours in ((overlaid, 2), (grey, 1)):
        shades = {colour.rpartition(",")[0] for _, colour in figure.data[-1].colorscale}
        assert len(shades) == colours
    for blank in ("", "  "):
        with pytest.raises(ValueError, match="limits"):
            weighted_picture(
                picture, weights.values, axis, title="", opacity=1, caption=blank, reach=0,
                beyond_chance=True,
            )  # fmt: skip
