"""What the function runs with: settings, AWS clients and the audit records."""
