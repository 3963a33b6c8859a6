"""The queue of what waits for somebody who agrees, and what can be done with a proposal."""
