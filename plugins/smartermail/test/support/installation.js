// Installations for tests, demo and benchmark: our own, in the forms that are known or inferred, since no sample is public.
import {mkdirSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'

const encoders = {
  'utf-8': text => Buffer.from(text, 'utf8'),
  'utf-8-bom': text => Buffer.from(`\ufeff${text}`, 'utf8'),
  'utf-16le': text => Buffer.from(`\ufeff${text}`, 'utf16le'),
  'utf-16be': text => Buffer.from(`\ufeff${text}`, 'utf16le').swap16(),
  'windows-1252': text => Buffer.from(text, 'latin1'),
}

const declared = {'utf-8': 'utf-8', 'utf-8-bom': 'utf-8', 'utf-16le': 'utf-16', 'utf-16be': 'utf-16', 'windows-1252': 'windows-1252'}

/** How documents are written: every name in it may be chosen. */
export const ENCODINGS = Object.keys(encoders)
export const SHAPES = ['attributes', 'elements', 'nested', 'keys']

const xml = text => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')

const entries = {
  attributes: ({name, path, ip}) => `<Domain name="${xml(name)}" path='${xml(path)}' ip="${ip}"   enabled="true"/>`,
  elements: ({name, path, ip}) => `<Domain>\n    <!-- ${name.replaceAll('-', ' ')} -->\n    <Name>${xml(name)}</Name>\n    <Path>${xml(path)}</Path>\n    <IP>${ip}</IP>\n    <Alias />\n  </Domain>`,
  nested: ({name, path, ip}) => `<Domain>\n    <Identity><Name><![CDATA[${name}]]></Name></Identity>\n    <Data path="${xml(path)}"><Root>${xml(path)}</Root></Data>\n    <Listen><Address>${ip}</Address></Listen>\n  </Domain>`,
  keys: ({name, path, ip}) => `<add key="${xml(name)}" value="${xml(path)}" ip="${ip}" />`,
}

/** The text of a domainList.xml in one of SHAPES. */
export const domainListText = (domains, {shape = 'attributes', encoding = 'utf-8-bom'} = {}) =>
  `<?xml version="1.0" encoding="${declared[encoding]}"?>\n<DomainList>\n  <!-- written by SmarterMail -->\n${domains
    .map(domain => `  ${entries[shape](domain)}\n`)
    .join('')}</DomainList>\n`

/** The text of a mailConfig.xml: the elements that are known, with their comments, and settings under names of ours. */
export const mailConfigText = ({root, dns = ['192.0.2.53', '192.0.2.54'], encoding = 'utf-8-bom', password = 'hunter2-Secret'}) => `<?xml version="1.0" encoding="${declared[encoding]}"?>
<MailConfig>
  <!-- ** System Admin ******************************* -->
  <sysAdminUserName>admin</sysAdminUserName>
  <sysAdminPassword>${password}</sysAdminPassword>
  <sysAdminRejectAuthentication />
  <!-- ** To reset admin password, delete these items ** -->
  <!-- ** and then restart the SmarterMail Service.   ** -->
  <hostName>mail.example.com</hostName>
  <spoolPath>${root}\\Spool\\</spoolPath>
  <logPath><![CDATA[${root}\\Logs]]></logPath>
${dns.map((address, n) => `  <dns${n + 1}>${address}</dns${n + 1}>\n`).join('')}  <smtpPort>25</smtpPort>
  <banner xml:space="preserve">  Welcome&#13;&#10;  to &lt;mail&gt;  </banner>
  <virusScanner>"${root}\\Tools\\clam.exe" --scan %1 --log ${root}\\Logs\\clam.log</virusScanner>
  <updateUrl>https://user:s3cret@updates.example.net/feed</updateUrl>
</MailConfig>
`

const write = (path, text, {encoding = 'utf-8-bom', eol = '\r\n'} = {}) =>
  writeFileSync(path, encoders[encoding](text.replaceAll('\n', eol)))

/** Bytes of a text in one of ENCODINGS. */
export const encoded = (text, encoding, eol = '\n') => encoders[encoding](text.replaceAll('\n', eol))

const fillDomain = (directory, {name}, mails) => {
  mkdirSync(join(directory, 'Users', 'info'), {recursive: true})
  writeFileSync(join(directory, 'accountList.xml'), `<AddressList><Address name="info@${xml(name)}"/></AddressList>`)
  for (let n = 0; n < mails; n++) writeFileSync(join(directory, 'Users', 'info', `${n}.grp`), Buffer.alloc(1000 + n, n))
}

/**
 * Makes an installation of the XML era: BASE/Service, BASE/Domains, BASE/Spool.
 * @param {string} base an existing directory
 * @param {{root?: string, domains?: {name: string, path?: string, ip?: string}[], shape?: string, encoding?: string, eol?: string, mails?: number, dns?: string[], data?: boolean}} options
 *   root: what the configuration calls BASE (`C:\SmarterMail`)
 */
export const createXmlInstallation = (base, options = {}) => {
  const {root = 'C:\\SmarterMail', domains = [{name: 'example.com'}, {name: 'b&b.example'}], shape = 'attributes', encoding = 'utf-8-bom', eol = '\r\n', mails = 2, data = true} = options
  const service = join(base, 'Service')
  mkdirSync(service)
  const full = domains.map((domain, n) => ({path: `${root}\\Domains\\${domain.name}`, ip: `192.0.2.${10 + n}`, ...domain}))
  write(join(service, 'domainList.xml'), domainListText(full, {shape, encoding}), {encoding, eol})
  write(join(service, 'mailConfig.xml'), mailConfigText({root, encoding, ...(options.dns && {dns: options.dns})}), {encoding, eol})
  write(join(service, 'greyListBypass.xml'), '<?xml version="1.0"?>\n<Bypass><Item>198.51.100.7</Item></Bypass>\n', {encoding: 'utf-8', eol})
  writeFileSync(join(service, 'greyList.dat'), Buffer.from([0, 1, 2, 0xff, 0xfe, 0x43, 0x3a, 0x5c]))
  mkdirSync(join(base, 'Spool'))
  if (data) for (const domain of full) fillDomain(join(base, 'Domains', domain.name), domain, mails)
  return {service, domains: join(base, 'Domains'), spool: join(base, 'Spool'), list: full}
}

/**
 * Makes an installation of the JSON era: BASE/Service/Settings and BASE/Domains, or for Linux BASE/etc and BASE/Domains.
 * @param {string} base an existing directory
 * @param {{linux?: boolean, root?: string, domains?: string[], eol?: string, mails?: number}} options
 */
export const createJsonInstallation = (base, options = {}) => {
  const {linux = false, root = linux ? '/var/lib/smartermail' : 'c:\\SmarterMail', domains = ['example.com', 'example.net'], eol = '\r\n', mails = 2} = options
  const separator = linux ? '/' : '\\'
  const service = join(base, linux ? 'etc' : 'Service')
  const settings = linux ? service : join(service, 'Settings')
  mkdirSync(settings, {recursive: true})
  const path = name => JSON.stringify(`${root}${separator}Domains${separator}${name}`)
  const json = (name, text) => write(join(settings, name), text, {encoding: 'utf-8-bom', eol})
  json('domains.json', `{\n\t"domains": {\n${domains.map(name => `\t\t${JSON.stringify(name)}: {\n\t\t\t"data_path": ${path(name)},\n\t\t\t"id": 9007199254740993123\n\t\t}`).join(',\n')}\n\t},\n\t"domain_aliases": {}\n}\n`)
  json('settings.json', `{\n\t"settings": {\n\t\t"dns_server_1": "192.0.2.53",\n\t\t"dns_server_2": "",\n\t\t"spool_path": ${JSON.stringify(`${root}${separator}Spool`)},\n\t\t"smtp_port": 25,\n\t\t"bind_address": "192.0.2.10",\n\t\t"__proto__": {"polluted": true},\n\t\t"ratio": 1.50\n\t}\n}\n`)
  json('administrators.json', '{\n\t"administrators": {"admin": {"password_encrypted": "c2VjcmV0LXNlY3JldA=="}}\n}\n')
  writeFileSync(join(settings, 'auth-tokens.sbin'), Buffer.from([1, 2, 3, 0]))
  mkdirSync(join(base, 'Spool'))
  for (const name of domains) fillDomain(join(base, 'Domains', name), {name}, mails)
  return {service, settings, domains: join(base, 'Domains')}
}
