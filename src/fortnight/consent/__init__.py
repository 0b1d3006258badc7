"""What people agreed to: grants, their texts, their store."""
