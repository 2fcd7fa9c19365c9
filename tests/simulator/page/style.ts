// Nothing is drawn.
export default '';
