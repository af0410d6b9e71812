-- The school: students and their telephone numbers.
-- There is no foreign key on purpose: a contact may be written before its student.

CREATE TABLE student (
    student_id int  PRIMARY KEY,
    name       text NOT NULL
);

CREATE TABLE contact (
    contact_id     int PRIMARY KEY,
    student_id     int,
    contact_number text NOT NULL
);

CREATE INDEX contact_student_id ON contact (student_id);
