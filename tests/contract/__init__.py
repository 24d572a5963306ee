"""The contract, from outside: files in by commands, deals by the interface, answers by a second reading."""
