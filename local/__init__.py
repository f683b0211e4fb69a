"""The development host: the deployed system, on one machine, with AWS's rules."""
