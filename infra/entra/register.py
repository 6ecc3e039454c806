#!/usr/bin/env python3
"""The steps of `python -m infra.entra`, from any folder: register.py STEP."""

import runpy
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
runpy.run_module("infra.entra", run_name="__main__")
