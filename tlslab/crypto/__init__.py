"""Functions with the RFCs' names and argument order. No messages, no state."""
