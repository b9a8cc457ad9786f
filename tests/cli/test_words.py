"""Wrong words on the command line."""

import pytest

from diagnosis.models import store
from tests.cli.given import QUICK, Run, trained


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            "train toy lstm --epochs x",
            "number of epochs must be a whole number from 1 to 10000, not 'x'",
        ),
        (
            "train toy lstm --epochs 0",
            "number of epochs must be a whole number from 1 to 10000, not 0",
        ),
        (
            "train toy lstm --units 5,x",
            "number of units must be a whole number from 1 to 2048, not 'x'",
        ),
        ("train toy lstm --units 5,4 --layers 2", "--layers repeats one number of units"),
        ("train toy cnn --layers 2", "--layers repeats one number of units, not 32,64,128"),
        ("train toy lstm --layers 9", "number of layers must be a whole number from 1 to 8, not 9"),
        ("train toy lstm --dropout nan", "dropout must be 0 to 0.95, not nan"),
        ("train toy lstm --no-augmentation --shift 0.1", "exclude each other"),
        ("train toy lstm --size 64", "leave --size out"),
        (
            "train toy lstm --order row",
            "order must be one of rows, rows-reversed, columns, slices, slices-reversed, not 'row'",
        ),
        (
            "train toy lstm --order slices",
            "order must be one of rows, rows-reversed, columns, not 'slices'",
        ),
        ("train toy lstm --axis 2", "has no field 'axis'"),
        ("train toy lstm --optimizer sgd", "optimizer must be one of adam, adamw, not 'sgd'"),
        ("train toy lstm --epoch 1", "has no option '--epoch'. Did you mean --epochs"),
        ("train toy lstmm", "no variant 'lstmm'. Did you mean lstm"),
        ("train phantom lstm", "no data set 'phantom'. Did you mean phantoms"),
        ("train phantoms lstm --flip", "leave --flip out"),
        ("train toy lstm extra", "'extra' is one word too many"),
        ("trian toy lstm", "has no command 'trian'. Did you mean train"),
        ("data lst", "has no command 'lst'. Did you mean list"),
        ("evaluate phantoms/lstmm", "no model 'phantoms/lstmm'. Did you mean phantoms/lstm"),
        ("evaluate toy/simple_rnn --split tst", "--split cannot be 'tst'. Did you mean test"),
        ("read scan.png", "arguments are required: --model"),
        ("", "arguments are required: COMMAND"),
        ("models show toy/simple_rnn/2020", "no model 'toy/simple_rnn/2020'"),
        (
            "models export toy/simple_rnn --format onyx --out a",
            "cannot be 'onyx'. Did you mean onnx",
        ),
        ("models export toy/simple_rnn --format onnx --out a.keras", "must end in .onnx"),
        ("models export toy/simple_rnn --format onnx --out none/a.onnx", "no folder none"),
    ],
)
def test_wrong_words_get_one_sentence_with_the_nearest_right_ones(
    words: str, said: str, refusal: Run
) -> None:
    if store.active("toy/simple_rnn") is None:
        trained("toy", "simple_rnn", *QUICK)
    assert said in refusal(*words.split())
