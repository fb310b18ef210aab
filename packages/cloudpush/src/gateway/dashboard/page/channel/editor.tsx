import { useEffect, useRef, useState } from 'preact/hooks';
import { parse, stringify } from 'yaml';
import { type ChannelDocument, faultsByField, newDocument } from '../../model/editor.js';
import { addChannel, changeChannel, RequestError, readChannel } from '../api.js';
import { closeEditor, type EditorTarget } from '../dialog-state.js';
import { go } from '../store.js';
import { EditorFields } from './editor-fields.js';
import { Field } from './field.js';

/** Document that is edited, and the revision that it had when it was read. */
interface Draft {
  readonly document: ChannelDocument;
  readonly revision: string | undefined;
}

type Faults = ReadonlyMap<string, readonly string[]>;

const noFaults: Faults = new Map();

/** The form of a channel: the keys that most need as fields, all of them as YAML. */
export function ChannelEditor({ name }: EditorTarget) {
  const [draft, setDraft] = useState<Draft | undefined>(
    name === undefined ? { document: newDocument, revision: undefined } : undefined,
  );
  const [newName, setNewName] = useState('');
  const [yaml, setYaml] = useState<string>();
  const [faults, setFaults] = useState(noFaults);
  useEffect(() => {
    if (name === undefined) return;
    readChannel(name).then(
      (read) => setDraft({ document: read.configuration, revision: read.revision }),
      (error: Error) => setFaults(new Map([['', [error.message]]])),
    );
  }, [name]);
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    if (faults.size > 0) form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  }, [faults]);
  if (draft === undefined) return <FaultList faults={faults} />;
  const { document, revision } = draft;
  const setDocument = (next: ChannelDocument) => setDraft({ document: next, revision });
  const save = async (event: SubmitEvent) => {
    event.preventDefault();
    const channel = name ?? newName.trim();
    try {
      const configuration = yaml === undefined ? document : parseDocument(yaml);
      if (revision === undefined) await addChannel(channel, configuration);
      else await changeChannel(channel, configuration, revision);
      closeEditor();
      go({ channel });
    } catch (error) {
      setFaults(faultsOf(error, channel));
    }
  };
  const switchView = () => {
    if (yaml === undefined) return setYaml(stringify(document, { lineWidth: 0 }));
    try {
      setDocument(parseDocument(yaml));
      setYaml(undefined);
    } catch (error) {
      setFaults(faultsOf(error, ''));
    }
  };
  return (
    <form ref={form} class="editor" onSubmit={save} novalidate>
      {name === undefined && (
        <Field label="Name" id="edit-name" faults={faults.get('name')}>
          {(attributes) => (
            <input
              {...attributes}
              value={newName}
              placeholder="gate"
              onInput={({ currentTarget }) => setNewName(currentTarget.value)}
            />
          )}
        </Field>
      )}
      {yaml === undefined ? (
        <EditorFields document={document} faults={faults} onChange={setDocument} />
      ) : (
        <Field label="Configuration, as YAML" id="edit-yaml">
          {(attributes) => (
            <textarea
              {...attributes}
              rows={16}
              spellcheck={false}
              value={yaml}
              onInput={({ currentTarget }) => setYaml(currentTarget.value)}
            />
          )}
        </Field>
      )}
      <FaultList faults={yaml === undefined ? otherFaults(faults, document) : withoutName(faults)} />
      <div class="buttons">
        <button type="button" onClick={switchView}>
          {yaml === undefined ? 'All keys, as YAML' : 'As fields'}
        </button>
        <span class="filler" />
        <button type="button" onClick={closeEditor}>
          Cancel
        </button>
        <button type="submit" class="primary">
          {name === undefined ? 'Add' : 'Save'}
        </button>
      </div>
    </form>
  );
}

/** @throws Error when it is no YAML, or no map. */
function parseDocument(text: string): ChannelDocument {
  const document: unknown = parse(text);
  if (typeof document === 'object' && document !== null && !Array.isArray(document))
    return document as ChannelDocument;
  throw new Error('the configuration of a channel is a map: keys and values');
}

function faultsOf(error: unknown, channel: string): Faults {
  const { message } = error as Error;
  if (!(error instanceof RequestError)) return new Map([['', [message]]]);
  if (error.status === 412)
    return new Map([['', [`${message} Close this and begin again with what it is now.`]]]);
  if (error.faults.length > 0) return faultsByField(error.faults, channel);
  // The request itself is at fault, not the configuration: only the name is checked there.
  return new Map([[error.status === 400 || error.status === 409 ? 'name' : '', [message]]]);
}

/** Keys that the form has a field for. */
const shownFields = new Set([
  'name',
  'source',
  'labels',
  'audio',
  'mode',
  'preRoll',
  'postRoll',
  'rtspTransport',
]);

/** Those that stand at no field of the form. */
function otherFaults(faults: Faults, { destinations }: ChannelDocument): Faults {
  const rows = Array.isArray(destinations) ? destinations.length : 0;
  return new Map(
    [...faults].filter(([field]) => {
      const [, row] = /^destinations\.(\d+)$/.exec(field) ?? [];
      return row === undefined ? !shownFields.has(field) : Number(row) >= rows;
    }),
  );
}

function withoutName(faults: Faults): Faults {
  return new Map([...faults].filter(([field]) => field !== 'name'));
}

function FaultList({ faults }: { readonly faults: Faults }) {
  if (faults.size === 0) return null;
  return (
    <ul class="faults" role="alert">
      {[...faults].flatMap(([field, messages]) =>
        messages.map((message) => (
          <li key={`${field} ${message}`}>
            {field !== '' && <code>{field}</code>} {message}
          </li>
        )),
      )}
    </ul>
  );
}
