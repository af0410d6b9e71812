SELECT c.student_id, c.contact_id, s.name, c.contact_number
FROM contact c
JOIN student s ON s.student_id = c.student_id
