// Search over the operations; everything else works without a script.
(() => {
  const search = document.getElementById('search');
  const nothing = document.getElementById('nothing');
  const operations = [...document.querySelectorAll('.operation')];
  const links = new Map([...document.querySelectorAll('nav li')].map(item => [item.dataset.for, item]));

  const apply = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const operation of operations) {
      const fits = words.every(word => operation.dataset.search.includes(word));
      operation.hidden = !fits;
      const link = links.get(operation.id);
      if (link) link.hidden = !fits;
      if (fits) shown += 1;
    }
    for (const group of document.querySelectorAll('.group'))
      group.hidden = !group.querySelector('.operation:not([hidden])');
    for (const group of document.querySelectorAll('nav details'))
      group.hidden = !group.querySelector('li:not([hidden])');
    document.querySelector('.intro').hidden = words.length > 0;
    nothing.hidden = shown > 0;
  };

  search.addEventListener('input', apply);
  document.addEventListener('keydown', event => {
    if (event.key === '/' && document.activeElement !== search) {
      event.preventDefault();
      search.focus();
    } else if (event.key === 'Escape' && document.activeElement === search) {
      search.value = '';
      apply();
      search.blur();
    }
  });
  for (const code of document.querySelectorAll('pre code')) {
    code.textContent = code.textContent.replaceAll('{base}', location.origin);
  }
})();
