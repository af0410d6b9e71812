SELECT * FROM stock
