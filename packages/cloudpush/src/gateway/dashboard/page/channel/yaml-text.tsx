import { stringify } from 'yaml';
import type { ChannelResource } from '../../../gateway.js';

/** The channel as it stands in the configuration file, secrets as `***`. */
export function YamlText({
  configuration,
}: {
  readonly configuration: ChannelResource['configuration'] | undefined;
}) {
  if (configuration === undefined) return null;
  return (
    <section class="panel wide">
      <h3>Configuration</h3>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and the keyboard must be able to */}
      <pre tabIndex={0} role="region" aria-label="Configuration">
        {stringify(configuration, { lineWidth: 0 })}
      </pre>
    </section>
  );
}
