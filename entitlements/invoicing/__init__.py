"""What would be invoiced for an order on a day, and the lines of money that changes made due, as files."""
