// The visible texts whose contrast is below WCAG 2's AA (4.5 to 1).
() => {
  const channels = (colour) => colour.match(/[\d.]+/g).map(Number);
  const linear = (value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
  const luminance = (colour) => {
    const [red, green, blue] = channels(colour).map((value) => linear(value / 255));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const background = (element) => {
    const colour = getComputedStyle(element).backgroundColor;
    const clear = channels(colour)[3] === 0;
    return clear && element.parentElement ? background(element.parentElement) : colour;
  };
  const ratio = (element) => {
    const lights = [getComputedStyle(element).color, background(element)].map(luminance);
    return (Math.max(...lights) + 0.05) / (Math.min(...lights) + 0.05);
  };
  const ownText = (element) =>
    [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
  return [...document.body.querySelectorAll("*")]
    .filter((element) => ownText(element) && element.checkVisibility() && ratio(element) < 4.5)
    .map((element) => `${element.textContent}: ${ratio(element).toFixed(2)}`);
};
