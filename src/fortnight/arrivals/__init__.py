"""Evidence at the door: decoded, checked, sealed, acknowledged once it is durable."""
