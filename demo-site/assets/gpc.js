// Nora's browser asks sites not to use her data (Global Privacy Control). This
// line stands for that setting, which a page cannot turn on by itself.
Object.defineProperty(Navigator.prototype, 'globalPrivacyControl', { configurable: true, get: () => true });
