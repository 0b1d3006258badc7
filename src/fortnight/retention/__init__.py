"""What is kept where, how long and why; the sweep, erasure, the end, and a second opinion."""
