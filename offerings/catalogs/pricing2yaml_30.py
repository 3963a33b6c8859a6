"""Pricing2Yaml 3.0: 2.1 with periods of renewable limits, limits that are tracked, and constraints of add-ons.

Those have names of their own, which the common reader knows; a file of 2.1 that has them already means the same.
"""

from dataclasses import replace

from offerings.catalogs import pricing2yaml_21

DIALECT = replace(pricing2yaml_21.DIALECT, syntax_version="3.0")
