package syntax

var CheckSize = checkSize
