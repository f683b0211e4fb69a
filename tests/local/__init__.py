"""Tests of the development host."""
