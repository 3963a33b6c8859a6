"""Mutation tests of the rules: change the product in one place, and see whether a test fails.

mutmut says what to change. It is not used to run the tests: it starts pytest and its database anew for each mutant,
and leaves out properties, class attributes and constants, where many rules of this product live. Here a process
imports, collects and fills the database once, notes which test reaches which line, then forks for each mutant.
"""
