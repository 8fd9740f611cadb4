"""One file a verb: joins the rooms, does the reading and writing, and is the only writer of history."""
