// Kaoto's editor, hosted as VS Code hosts it. The catalog is ours; the files come from and go to the test.
import '@patternfly/patternfly/patternfly.css';
import { KaotoEditorFactory } from '@kaoto/kaoto';
import { createRoot } from 'react-dom/client';

const nothing = { send: () => {} };

/** Shows a file; resolves when Kaoto has read it. */
async function open(path, content) {
  let ready;
  const isReady = new Promise((resolve) => (ready = resolve));
  const channelApi = {
    requests: {
      getVSCodeKaotoSettings: async () => ({
        catalogUrl: new URL('./catalog/index.json', location.href).href,
        nodeLabel: 'description',
        nodeToolbarTrigger: 'onSelection',
        colorScheme: 'light',
        canvasLayoutDirection: 'Horizontal',
      }),
      getMetadata: async () => undefined,
      setMetadata: async () => {},
      getResourcesContentByType: async () => [],
      getResourceContent: async () => undefined,
      isResourceExist: async () => false,
      getSuggestions: async () => [],
      onStepUpdated: async () => {},
    },
    notifications: {
      kogitoEditor_ready: { send: () => ready() },
      kogitoWorkspace_newEdit: nothing,
      kogitoNotifications_setNotifications: nothing,
      kogitoEditor_stateControlCommandUpdate: nothing,
    },
  };
  const editor = await new KaotoEditorFactory().createEditor(
    { channelApi },
    { fileExtension: path.substring(path.indexOf('.') + 1), resourcesPathPrefix: '.', channel: 'VSCODE' },
  );
  createRoot(document.getElementById('editor')).render(editor.af_componentRoot());
  await isReady;
  await editor.setContent(path, content);
  window.kaoto.content = () => editor.getContent();
}

const all = (selector) => [...document.querySelectorAll(selector)];
const node = (element) => element.closest('[data-kind="node"]').dataset.id;
const figures = () => all('[data-testid^="custom-node__"], [data-testid^="custom-group__"]');
const figure = (id) => figures().find((element) => node(element) === id);
const fields = () => all('input, textarea').filter(({ name, type }) => name.startsWith('#.') && type !== 'checkbox');

// What the test clicks and reads.
window.kaoto = {
  open,
  nodes: () => figures().map(node),
  cutLabels: () => all('.custom-node__label__text span')
    .filter(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth)
    .map(({ textContent }) => textContent),
  click: (id) => figure(id).dispatchEvent(new MouseEvent('click', { bubbles: true })),
  title: () => document.querySelector('.form-header').textContent,
  icon: (id) => figure(id).querySelector('img').src,
  form: () => document.querySelector('.form-tabs'),
  close: () => document.querySelector('[data-testid="close-side-bar"]')?.click(),
  show(tab) {
    const button = all('.form-tabs button').find(({ textContent }) => textContent === tab);
    button.click();
    return button.getAttribute('aria-pressed') === 'true';
  },
  fields: () => fields().map(({ name }) => name),
  field: (name) => fields().find((field) => field.name === name),
};
