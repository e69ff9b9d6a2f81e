"""What `make fuzz` (tools/fuzz.py) runs: how inputs are made, and what must hold whatever comes in."""
