"""One file a library; each imports its library when one of its models turns up. `hauberk.models.open` chooses."""
