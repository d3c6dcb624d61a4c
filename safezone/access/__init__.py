"""Who may do what: one function asks Cedar, writes the decision down, and only then answers."""
