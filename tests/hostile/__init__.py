"""Files made to do harm, and what the studio does with them."""
