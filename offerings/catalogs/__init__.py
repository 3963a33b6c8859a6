"""Price catalogs in Pricing2Yaml: reading a file (one module per dialect) and writing it as draft rows.

``reader.read_catalog`` turns a file into the values of ``values``; ``importer.import_catalog`` writes those.
"""
