// Starts the page of one generator.

startPlayground(data);
