"""What the tests share: a real server, the doors to it, and the data to send through them."""
