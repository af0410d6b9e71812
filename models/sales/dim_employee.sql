-- history: true
SELECT * FROM employee
