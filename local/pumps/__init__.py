"""What Lambda's event source mappings do: streams and queues to functions, with AWS's rules for failures."""
