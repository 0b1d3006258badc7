"""What people see of themselves: what is held, who looked, what they were told, and why."""
