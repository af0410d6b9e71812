SELECT * FROM employee
