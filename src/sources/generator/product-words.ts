/** What one sub-category's products are named and priced from. */
export interface SubCategoryWords {
  readonly category: 'Furniture' | 'Office Supplies' | 'Technology';
  readonly subCategory: string;
  /** What a product is. `#` stands for a measure of the list `sizes`. */
  readonly nouns: readonly string[];
  /** What sets it apart; put behind a comma. */
  readonly variants: readonly string[];
  /** Measures, as a catalogue prints them. */
  readonly sizes: readonly string[];
  /** In units of the store's currency; most prices lie near the lower end. */
  readonly priceMin: number;
  readonly priceMax: number;
}

/** Makers that do not exist. */
export const BRANDS: readonly string[] = [
  'Aldermoor', 'Bexley & Rowe', 'Brindlewood', 'Calloway', 'Cindervale', 'Copperline', 'Dunmere', 'Eastwick Mills',
  'Fennimore', 'Gladstock', 'Halvorsen', 'Harrowgate', 'Inkwell & Sons', 'Jorvik', 'Kestrelle', 'Larkhaven', 'Lindqvist',
  'Marlowe', 'Mossbank', 'Northgable', 'Oakhurst', 'Orrin', 'Pellingham', 'Pinecroft', 'Quillon', 'Ravenscar', 'Redfern',
  'Silverbeck', 'Stonebridge', 'Tamsin', 'Thornbury', 'Umberline', 'Vantage Hill', 'Wexcombe', 'Wrenfield', 'Yarrow',
];

/** Names of series; about every third product has one. */
export const SERIES: readonly string[] = [
  'Ascent', 'Beacon', 'Classic', 'Delta', 'Ember', 'Foundry', 'Grove', 'Harbor', 'Ivory', 'Junction', 'Keystone', 'Lumen',
  'Meridian', 'Nimbus', 'Outpost', 'Prairie', 'Quarry', 'Ridge', 'Summit', 'Traverse',
];

const COLOURS = ['Black', 'White', 'Oak', 'Walnut', 'Graphite', 'Navy', 'Sand', 'Forest Green'];
const PACKS = ['10/Pack', '25/Pack', '50/Box', '100/Box', 'Assorted Colors', 'Recycled', 'Economy Pack', 'Heavy-Duty'];
const SHEET_SIZES = ['8 1/2" x 11"', '8 1/2" x 14"', '5" x 8"', '9" x 12"', '4" x 6"'];
const DEVICE_VARIANTS = ['Black', 'Silver', 'White', 'Refurbished', 'with Case', 'Second Generation', 'Bundle', 'Compact'];

/** The store's 17 sub-categories. */
export const SUB_CATEGORIES: readonly SubCategoryWords[] = [
  {
    category: 'Furniture',
    subCategory: 'Bookcases',
    nouns: ['# Bookcase', '# Open Bookcase', 'Corner Bookcase', 'Library with Doors', 'Ladder Bookcase', '# Barrister Bookcase'],
    variants: COLOURS,
    sizes: ['3-Shelf', '5-Shelf', '36" Wide', '48" High', '72" High'],
    priceMin: 60,
    priceMax: 900,
  },
  {
    category: 'Furniture',
    subCategory: 'Chairs',
    nouns: ['Task Chair', 'Stacking Chair', 'Executive Chair', '# Stool', 'Folding Chair', 'Mesh Armchair', 'Lounge Chair'],
    variants: [...COLOURS, 'Set of Two', 'Set of Four'],
    sizes: ['18" Seat', '24" Counter', '30" Bar'],
    priceMin: 40,
    priceMax: 700,
  },
  {
    category: 'Furniture',
    subCategory: 'Furnishings',
    nouns: ['Desk Lamp', '# Wall Clock', '# Picture Frame', 'Floor Mat, #', 'Coat Rack', 'Desk Tray', 'Door Stop', 'Wall Mirror, #'],
    variants: COLOURS,
    sizes: ['12" Round', '8" x 10"', '11" x 14"', '36" x 48"'],
    priceMin: 3,
    priceMax: 180,
  },
  {
    category: 'Furniture',
    subCategory: 'Tables',
    nouns: ['# Conference Table', '# Round Table', 'Folding Table, #', 'Training Table', 'Coffee Table', 'Height-Adjustable Table'],
    variants: COLOURS,
    sizes: ['42"', '48" x 24"', '60" x 30"', '72" x 36"'],
    priceMin: 80,
    priceMax: 1200,
  },
  {
    category: 'Office Supplies',
    subCategory: 'Appliances',
    nouns: ['Coffee Maker', 'Air Purifier', '# Desk Fan', 'Space Heater', 'Surge Protector, #', 'Compact Refrigerator', 'Vacuum'],
    variants: ['White', 'Black', 'Stainless Steel', 'with Timer', '1,500 Watts', 'Energy Saving', 'Quiet', 'Portable'],
    sizes: ['6"', '9"', '12"', '6 Outlets', '8 Outlets'],
    priceMin: 9,
    priceMax: 420,
  },
  {
    category: 'Office Supplies',
    subCategory: 'Art',
    nouns: ['Colored Pencils', 'Drawing Markers', 'Gel Pens', 'Sketch Pad, #', 'Pencil Sharpener', 'Highlighters', 'Watercolors'],
    variants: ['12 Count', '24 Count', '48 Count', 'Fine Point', 'Broad Point', 'Pastel', 'Bright', 'Washable'],
    sizes: ['9" x 12"', '11" x 14"', '18" x 24"'],
    priceMin: 1.5,
    priceMax: 45,
  },
  {
    category: 'Office Supplies',
    subCategory: 'Binders',
    nouns: ['# Ring Binder', '# View Binder', 'Binding Covers', 'Sheet Protectors', 'Presentation Binder, #', 'Index Dividers'],
    variants: [...PACKS, 'Black', 'Clear', 'Blue'],
    sizes: ['1"', '1 1/2"', '2"', '3"'],
    priceMin: 1.8,
    priceMax: 120,
  },
  {
    category: 'Office Supplies',
    subCategory: 'Envelopes',
    nouns: ['Business Envelopes, #', 'Clasp Envelopes, #', 'Padded Mailers, #', 'Window Envelopes', 'Security-Tint Envelopes'],
    variants: PACKS,
    sizes: ['#10', '6" x 9"', '9" x 12"', '10" x 13"'],
    priceMin: 3,
    priceMax: 60,
  },
  {
    category: 'Office Supplies',
    subCategory: 'Fasteners',
    nouns: ['Paper Clips', 'Binder Clips, #', 'Push Pins', 'Rubber Bands, #', 'Staples', 'Thumb Tacks', 'Brass Fasteners'],
    variants: PACKS,
    sizes: ['Small', 'Medium', 'Large', '3 1/2"'],
    priceMin: 1.2,
    priceMax: 14,
  },
  {
    category: 'Office Supplies',
    subCategory: 'Labels',
    nouns: ['Address Labels, #', 'Round Labels, #', 'File Folder Labels', 'Shipping Labels, #', 'Color-Coding Labels', 'Name Badges'],
    variants: [...PACKS, 'Removable', 'Permanent'],
    sizes: ['1" x 2 5/8"', '2" x 4"', '3/4"', '3 1/3" x 4"'],
    priceMin: 2.5,
    priceMax: 35,
  },
  {
    category: 'Office Supplies',
    subCategory: 'Paper',
    nouns: ['Copy Paper, #', 'Legal Pad, #', 'Message Book', 'Card Stock, #', 'Sticky Notes', 'Graph Paper, #', 'Memo Cubes'],
    variants: [...PACKS, '500 Sheets', '92 Bright'],
    sizes: SHEET_SIZES,
    priceMin: 2.4,
    priceMax: 65,
  },
  {
    category: 'Office Supplies',
    subCategory: 'Storage',
    nouns: ['File Cart', '# Storage Box', 'Locker', '# Wire Shelving', 'Drawer Organizer', 'Letter File', 'Rolling Tote'],
    variants: [...COLOURS, 'with Lid', 'Stackable'],
    sizes: ['12" x 10"', '24" Deep', '36" Wide', '2-Drawer', '4-Drawer'],
    priceMin: 6,
    priceMax: 480,
  },
  {
    category: 'Office Supplies',
    subCategory: 'Supplies',
    nouns: ['Scissors, #', 'Letter Opener', 'Box Cutter', 'Paper Trimmer, #', 'Stapler', 'Tape Dispenser', 'Rotary Cutter'],
    variants: ['Left-Handed', 'Stainless Steel', 'Soft Grip', 'Titanium', 'Compact', 'Red', 'Black', '3/Pack'],
    sizes: ['5"', '7"', '8"', '12"'],
    priceMin: 2.2,
    priceMax: 90,
  },
  {
    category: 'Technology',
    subCategory: 'Accessories',
    nouns: ['Wireless Mouse', 'Mechanical Keyboard', 'Flash Drive, #', 'Portable Disk, #', 'Headset', 'Webcam', 'Docking Station'],
    variants: DEVICE_VARIANTS,
    sizes: ['32 GB', '64 GB', '128 GB', '1 TB', '2 TB'],
    priceMin: 8,
    priceMax: 260,
  },
  {
    category: 'Technology',
    subCategory: 'Copiers',
    nouns: ['Digital Copier', 'Color Copier', 'Personal Copier', 'Wireless Copier, #', 'Image Copier, #', 'Duplex Copier'],
    variants: DEVICE_VARIANTS,
    sizes: ['20 ppm', '30 ppm', '45 ppm'],
    priceMin: 180,
    priceMax: 2400,
  },
  {
    category: 'Technology',
    subCategory: 'Machines',
    nouns: ['Laser Printer, #', 'Label Maker', 'Calculator', 'Receipt Printer', 'Document Scanner, #', '3D Printer', 'Shredder'],
    variants: DEVICE_VARIANTS,
    sizes: ['20 ppm', '40 ppm', 'Duplex'],
    priceMin: 25,
    priceMax: 1900,
  },
  {
    category: 'Technology',
    subCategory: 'Phones',
    nouns: ['Smartphone, #', 'Conference Phone', 'Cordless Phone', 'Desk Phone', '# Smartphone', 'Phone Charger', 'Speakerphone'],
    variants: DEVICE_VARIANTS,
    sizes: ['64 GB', '128 GB', '5.8"', '6.1"'],
    priceMin: 12,
    priceMax: 950,
  },
];
