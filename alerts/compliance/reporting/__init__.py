"""Reports for those above (履职评价): what closed days say of a city, a district or a school, to hand on as a file."""
