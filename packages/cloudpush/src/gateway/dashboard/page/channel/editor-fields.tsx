import {
  type ChannelDocument,
  destinationFields,
  hasUrlSource,
  labelsText,
  sourceField,
  textField,
  withDestination,
  withLabels,
  withoutDestination,
  withSourceField,
  withTextField,
} from '../../model/editor.js';
import { Field } from './field.js';

export interface EditorFieldsProps {
  readonly document: ChannelDocument;
  readonly faults: ReadonlyMap<string, readonly string[]>;
  readonly onChange: (document: ChannelDocument) => void;
}

/** The keys that most channels need. */
export function EditorFields(props: EditorFieldsProps) {
  const { document, faults, onChange } = props;
  return (
    <>
      <SourceFields {...props} />
      <Destinations {...props} />
      <Field label="Labels" id="edit-labels" faults={faults.get('labels')} hint="Such as site=north, floor=2">
        {(attributes) => (
          <input
            {...attributes}
            value={labelsText(document)}
            onChange={({ currentTarget }) => onChange(withLabels(document, currentTarget.value))}
          />
        )}
      </Field>
      <div class="row">
        <Choice
          {...props}
          label="Sound"
          name="audio"
          values={['', 'auto', 'copy', 'aac', 'silence', 'none']}
        />
        <Choice {...props} label="RTP over" name="rtspTransport" values={['', 'tcp', 'udp', 'auto']} />
        <Choice {...props} label="Pushes" name="mode" values={['', 'continuous', 'event']} />
      </div>
      {document['mode'] === 'event' && (
        <div class="row">
          <Text {...props} label="Before the event" name="preRoll" placeholder="5s" />
          <Text {...props} label="After the event" name="postRoll" placeholder="10s" />
        </div>
      )}
    </>
  );
}

function SourceFields({ document, faults, onChange }: EditorFieldsProps) {
  if (!hasUrlSource(document)) {
    return <p class="hint">This source is no URL: it is edited as YAML.</p>;
  }
  const set = (key: string) => (event: { readonly currentTarget: HTMLInputElement }) =>
    onChange(withSourceField(document, key, event.currentTarget.value));
  return (
    <>
      <Field label="Source" id="edit-source" faults={faults.get('source')}>
        {(attributes) => (
          <input
            {...attributes}
            value={sourceField(document, 'url')}
            placeholder="rtsp://camera-1.example/Streaming/Channels/101"
            spellcheck={false}
            onInput={set('url')}
          />
        )}
      </Field>
      <div class="row">
        <Field label="User name" id="edit-username">
          {(attributes) => (
            <input
              {...attributes}
              value={sourceField(document, 'username')}
              autocomplete="off"
              onInput={set('username')}
            />
          )}
        </Field>
        <Field label="Password" id="edit-password">
          {(attributes) => (
            <input
              {...attributes}
              type="password"
              value={sourceField(document, 'password')}
              autocomplete="new-password"
              onInput={set('password')}
            />
          )}
        </Field>
      </div>
    </>
  );
}

function Destinations({ document, faults, onChange }: EditorFieldsProps) {
  const fields = destinationFields(document);
  return (
    <fieldset>
      <legend>Destinations</legend>
      {fields.map(({ name, url }, index) => (
        <div class="destination" key={index}>
          {url === undefined ? (
            <p class="hint">{name || 'A device'}: edited as YAML.</p>
          ) : (
            <Field
              label={`Destination ${index + 1}`}
              id={`edit-destination-${index}`}
              faults={
                faults.get(`destinations.${index}`) ?? (index === 0 ? faults.get('destinations') : undefined)
              }
            >
              {(attributes) => (
                <input
                  {...attributes}
                  value={url}
                  placeholder="rtmp://cloud.example/live/gate"
                  spellcheck={false}
                  onInput={({ currentTarget }) =>
                    onChange(withDestination(document, index, { url: currentTarget.value }))
                  }
                />
              )}
            </Field>
          )}
          <button type="button" onClick={() => onChange(withoutDestination(document, index))}>
            Remove<span class="unseen"> destination {index + 1}</span>
          </button>
        </div>
      ))}
      <button type="button" onClick={() => onChange(withDestination(document, fields.length, { url: '' }))}>
        One more
      </button>
    </fieldset>
  );
}

interface ChoiceProps extends EditorFieldsProps {
  readonly label: string;
  readonly name: string;
  /** Empty: the default. */
  readonly values: readonly string[];
}

function Choice({ document, faults, onChange, label, name, values }: ChoiceProps) {
  return (
    <Field label={label} id={`edit-${name}`} faults={faults.get(name)}>
      {(attributes) => (
        <select
          {...attributes}
          value={textField(document, name)}
          onChange={({ currentTarget }) => onChange(withTextField(document, name, currentTarget.value))}
        >
          {values.map((value) => (
            <option key={value} value={value}>
              {value || 'default'}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

interface TextProps extends EditorFieldsProps {
  readonly label: string;
  readonly name: string;
  readonly placeholder: string;
}

function Text({ document, faults, onChange, label, name, placeholder }: TextProps) {
  return (
    <Field label={label} id={`edit-${name}`} faults={faults.get(name)}>
      {(attributes) => (
        <input
          {...attributes}
          value={textField(document, name)}
          placeholder={placeholder}
          onInput={({ currentTarget }) => onChange(withTextField(document, name, currentTarget.value))}
        />
      )}
    </Field>
  );
}
