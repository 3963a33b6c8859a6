"""Pricing2Yaml 3.0: 2.1 with periods of renewable limits, limits that are tracked, and constraints of add-ons.

These fields have names of their own, which the common reader knows, so a file of 2.1 may have them too.
"""

from dataclasses import replace

from offerings.catalogs import pricing2yaml_21

DIALECT = replace(pricing2yaml_21.DIALECT, syntax_version="3.0")
