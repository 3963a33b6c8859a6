"""Made-up customers on real price catalogs, with a year of history behind them."""
