"""MkDocs loads hooks by their path and knows no packages: this file leads it to pipeline/site/hooks.py."""

import importlib
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
_hooks = importlib.import_module("pipeline.site.hooks")

on_config = _hooks.on_config
on_files = _hooks.on_files
on_page_content = _hooks.on_page_content
on_env = _hooks.on_env
on_page_context = _hooks.on_page_context
on_template_context = _hooks.on_template_context
