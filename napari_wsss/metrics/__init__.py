"""How good are the masks, and the classifier behind them."""
