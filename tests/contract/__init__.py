"""The contract, examined from outside: files in by the commands, deals by the interface, answers by a second reading."""
