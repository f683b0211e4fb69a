"""What an operation costs on AWS: units by AWS's rules, priced from one table of list prices."""
