"""``data meds``: a set of records written as MEDS, which other programs for patient records read."""

import argparse

from diagnosis.cli.result import Result
from diagnosis.core.errors import InputError
from diagnosis.core.paths import typed
from diagnosis.datasets import catalogue, fetch
from diagnosis.datasets.record_places import is_record_folder


def add_to(actions: argparse._SubParsersAction, common: argparse.ArgumentParser) -> None:
    """Add it to ``data``; ``common`` is the parent parser with the options of every command."""
    leaf = actions.add_parser("meds", parents=[common], help="write a set of records as MEDS 0.4")
    leaf.add_argument("name", help="a set of records from `data list`, or a folder of your own")
    leaf.add_argument("folder", metavar="FOLDER", help="that is not there yet, or empty")
    leaf.set_defaults(run=write_set)


def write_set(args: argparse.Namespace) -> Result:
    """One object: ``path``, ``patients`` (by split), ``events``, ``codes`` and ``notes``."""
    from diagnosis.datasets.record_folder import read_folder
    from diagnosis.datasets.record_sets import by_split, read_named
    from diagnosis.datasets.variables import title_of_code, units
    from diagnosis.records.meds import write_meds
    from diagnosis.text.records import record_findings

    facts = catalogue().get(args.name.lower())
    if facts is not None and facts.dimensions == 1:
        records = read_named(facts, None if facts.synthetic else fetch(facts.name))
        name, licence = facts.name, facts.licence
    elif facts is None and is_record_folder(typed(args.name)):
        records = read_folder(typed(args.name))
        name, licence = typed(args.name).resolve().name, ""
    else:
        raise InputError(
            f"{args.name[:100]!r} is no set of records: give one from `data list`, or a folder with "
            "events.parquet or events.csv and patients.csv."
        )
    codes = {code for each in records.by_patient.values() for code in (*each.codes, *each.facts)}
    known = units(name)
    described = {
        code: title_of_code(name, code) + (f" ({known[code]})" if code in known else "")
        for code in codes
    }
    folder = typed(args.folder)
    write_meds(records, folder, name=name, licence=licence, descriptions=described)
    patients = {split: len(mine) for split, mine in by_split(records).items()}
    notes = list(record_findings(records.findings))
    payload = {
        "path": str(folder),
        "patients": patients,
        "events": sum(map(len, records.by_patient.values())),
        "codes": len(codes),
        "notes": notes,
    }
    counts = ", ".join(f"{split} {n:,}" for split, n in patients.items())
    text = f"{folder}: {payload['events']:,} events, {len(codes):,} codes; patients: {counts}"
    return Result(payload, "\n".join([text, *notes]))
